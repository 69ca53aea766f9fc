"""What the pages say: one function per page, which gives the page's stream."""
