/** What there is to tune: the kernels of a model or of a single operator. */
@NullMarked
package dev.woodpecker.tuner.task;

import org.jspecify.annotations.NullMarked;
