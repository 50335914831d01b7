#pragma once

#include <doctest/doctest.h>

#include "seqlab/precompiled.hpp"
