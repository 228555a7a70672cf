/** Compares searches on landscapes: spaces that were measured once, so that every search meets the same times. */
@NullMarked
package dev.woodpecker.tuner.compare;

import org.jspecify.annotations.NullMarked;
