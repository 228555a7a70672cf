/** Documents say what is so: tests compare them with the tree and with the programs. */
@NullMarked
package dev.woodpecker.documents;

import org.jspecify.annotations.NullMarked;
