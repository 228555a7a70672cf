/** The GPU kit on a machine without a GPU: its steps on an emulated device, its scripts, and its tables. */
@NullMarked
package dev.woodpecker.benchmarks.gpu;

import org.jspecify.annotations.NullMarked;
