/** {@code wpk bench --layers}: convolutions one by one, ours beside oneDNN's. */
@NullMarked
package dev.woodpecker.cli.layers;

import org.jspecify.annotations.NullMarked;
