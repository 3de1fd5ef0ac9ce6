"""`python -m hemdata.cli`."""

from hemdata.cli.app import main

if __name__ == "__main__":
    main()
