/** Rewrites of a graph, one a file: each takes a graph and gives one that computes the same. */
@NullMarked
package dev.woodpecker.runtime.graph.pass;

import org.jspecify.annotations.NullMarked;
