/** Ranks schedules for GPUs that are not at hand: by arithmetic, and by what the PTX compiler says of each kernel. */
@NullMarked
package dev.woodpecker.tuner.cost.cuda;

import org.jspecify.annotations.NullMarked;
