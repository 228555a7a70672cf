package dev.woodpecker.dsl;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Shapes and attributes for which the kernel's default C and CUDA source is written at javac time.
 *
 * {@snippet :
 * @Example("x=1x64x56x56 w=64x64x3x3 strides=1,1 pads=1,1,1,1 dilations=1,1 group=1")
 * }
 *
 * <p>The grammar is that of the command line: {@code name=value} pairs, separated by spaces. The value of an input is its
 * shape, extents joined by {@code x}, or {@code scalar} for rank 0; of a list of inputs ({@code Tensor[]}), shapes
 * joined by {@code +}. The value of an attribute is a number, or numbers joined by {@code ,}. Inputs marked
 * {@link Absent} and attributes with a default may be left out.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Repeatable(Example.List.class)
public @interface Example {

    /** The shapes and attributes. */
    String value();

    /** Several examples of one kernel. */
    @Documented
    @Target(ElementType.METHOD)
    @Retention(RetentionPolicy.RUNTIME)
    @interface List {

        /** The examples, in the order of the source. */
        Example[] value();
    }
}
