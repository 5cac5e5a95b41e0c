"""`python -m segformer_gui`: the same as the command `segformer-gui`."""

from segformer_gui.cli import main

if __name__ == "__main__":
    main()
