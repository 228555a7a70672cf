/** What candidates probably cost, before they are measured. */
@NullMarked
package dev.woodpecker.tuner.cost;

import org.jspecify.annotations.NullMarked;
