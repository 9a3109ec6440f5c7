#!/usr/bin/env mlpy
print("after a first line for the shell");
