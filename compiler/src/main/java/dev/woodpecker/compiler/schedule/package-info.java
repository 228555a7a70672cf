/** Schedules: the loop nest that steps rewrite, the steps, open choices, and traces. */
@NullMarked
package dev.woodpecker.compiler.schedule;

import org.jspecify.annotations.NullMarked;
