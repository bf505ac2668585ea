// acmsh
