/** What was measured of kernels: files of records, written by the tuner and read when plans are made. */
@NullMarked
package dev.woodpecker.runtime.records;

import org.jspecify.annotations.NullMarked;
