"""archives: members of archives and folders as a stream; nothing is unpacked to disk, nothing unsafe is followed."""
