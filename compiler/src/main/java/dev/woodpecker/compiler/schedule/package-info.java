/** Schedules: the loop nest that steps rewrite, the steps, and traces, which are lists of steps. */
@NullMarked
package dev.woodpecker.compiler.schedule;

import org.jspecify.annotations.NullMarked;
