"""The web desk: pages for people, drawn on the server. One module a noun; each says which roles its pages let in."""
