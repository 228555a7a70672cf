/**
 * The graph of a model: operators on named values. A {@link dev.woodpecker.runtime.graph.Graph} is immutable and always
 * sound; a pass makes a new one with a {@link dev.woodpecker.runtime.graph.GraphEditor}.
 */
@NullMarked
package dev.woodpecker.runtime.graph;

import org.jspecify.annotations.NullMarked;
