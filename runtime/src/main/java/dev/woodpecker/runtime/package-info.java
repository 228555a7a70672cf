/** Running models: what a program that uses Woodpecker imports. */
@NullMarked
package dev.woodpecker.runtime;

import org.jspecify.annotations.NullMarked;
