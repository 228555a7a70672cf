/** What people and programs are told about a run: its progress, its result, the winners' sources. */
@NullMarked
package dev.woodpecker.tuner.report;

import org.jspecify.annotations.NullMarked;
