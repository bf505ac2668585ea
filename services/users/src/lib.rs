//! Who joined the chapter, who is a member, and from when to when.
