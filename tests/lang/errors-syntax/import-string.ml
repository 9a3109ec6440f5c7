import "data/loader";
import loader from "loader";
from math import sqrt;
import {sqrt} from "math";
import math, json;
require("x");
