/** Shares out a budget of time to the tasks of a model, and keeps what comes of it. */
@NullMarked
package dev.woodpecker.tuner.run;

import org.jspecify.annotations.NullMarked;
