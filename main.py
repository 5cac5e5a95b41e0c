"""Starts the window: `python main.py [PATH ...]`."""

from segformer_gui.app import main

if __name__ == "__main__":
    raise SystemExit(main())
