package dev.woodpecker.dsl;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a public static method as a kernel: one way to compute one operator.
 *
 * <p>The method takes tensors and attributes and returns a {@link Tensor}, {@link IntTensor} or {@link MaskTensor}, or a
 * record of these, whose components are the operator's outputs in ONNX order. Or it is an <em>elementwise</em> kernel:
 * it takes {@code float}, {@code long} and {@code boolean} elements (and parameters marked {@link Attribute}), returns
 * one element, and applies to tensors whose shapes broadcast like NumPy's.
 *
 * <p>Methods of the same operator are told apart by their parameters' element types (overloads), by the number of
 * outputs, and by {@link Dsl#require}. Where several apply, the variants compete.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Kernel {

    /** The operator, spelled as in ONNX ({@code "Conv"}), or a name of your own. */
    String op();

    /** The algorithm, when there are several for the operator: {@code "direct"}, {@code "winograd4"}; else empty. */
    String variant() default "";
}
