/** The same inputs through another runtime, and whether the same outputs come out. */
@NullMarked
package dev.woodpecker.cli.compare;

import org.jspecify.annotations.NullMarked;
