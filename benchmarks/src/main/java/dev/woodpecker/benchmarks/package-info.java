/** Measurements: JMH benchmarks and comparisons with other systems. */
@NullMarked
package dev.woodpecker.benchmarks;

import org.jspecify.annotations.NullMarked;
