"""The work of each command line command: ``run(args)`` returns the exit code."""
