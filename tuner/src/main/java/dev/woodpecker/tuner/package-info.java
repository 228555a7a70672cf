/** Searches the schedules of a model's kernels under a wall-clock budget and records what it measured. */
@NullMarked
package dev.woodpecker.tuner;

import org.jspecify.annotations.NullMarked;
