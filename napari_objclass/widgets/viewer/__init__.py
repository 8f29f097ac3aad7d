"""What all widgets of one viewer share, without Qt: the session, the image shown, its layers, mouse and keys."""
