"""The files of the solution; what is not here is the reference's."""
