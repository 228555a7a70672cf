/** What a space of schedules looks like: its choices, its size, what is refused in it. */
@NullMarked
package dev.woodpecker.tuner.space;

import org.jspecify.annotations.NullMarked;
