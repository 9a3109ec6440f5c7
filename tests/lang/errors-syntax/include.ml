#include <stdio.h>
use math;
using System;
