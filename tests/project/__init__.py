"""Tests of the project as a whole: what its files import, and what its pages say."""
