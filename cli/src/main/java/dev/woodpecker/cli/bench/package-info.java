/** The table of {@code wpk bench}: each system in a process of its own, timed in turns, the others stopped meanwhile. */
@NullMarked
package dev.woodpecker.cli.bench;

import org.jspecify.annotations.NullMarked;
