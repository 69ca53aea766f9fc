"""The same content as blocks of each subject."""
