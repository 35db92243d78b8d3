"""`python -m tensorfleet.cli`, for where the `tensorfleet` script is not on the path."""

from tensorfleet.cli.main import main

if __name__ == "__main__":
    main()
