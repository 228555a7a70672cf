/**
 * What the values of a graph are: their types, found by specialising the kernels that compute them, and the elements of
 * those that depend on constants alone.
 */
@NullMarked
package dev.woodpecker.runtime.plan.inference;

import org.jspecify.annotations.NullMarked;
