// table-filter
