/** What {@code wpk demo} shows of sources: a kernel's Java, and the code that it becomes, short enough to read. */
@NullMarked
package dev.woodpecker.cli.demo;

import org.jspecify.annotations.NullMarked;
