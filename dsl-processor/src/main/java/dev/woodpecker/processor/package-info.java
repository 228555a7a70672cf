/**
 * The annotation processor: from {@code @Kernel} methods to kernel specifications, found by {@code ServiceLoader}. It reads
 * the source with Eclipse's JDT Core inside javac (or ecj), checks it, and writes a provider class with JavaPoet.
 */
@NullMarked
package dev.woodpecker.processor;

import org.jspecify.annotations.NullMarked;
