package dev.woodpecker.dsl;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a parameter as an attribute: a value known when the kernel is specialised, the same for all elements.
 *
 * <p>Its type is {@code int}, {@code float}, {@code boolean}, {@code int[]} or {@code float[]}. In an elementwise kernel
 * every parameter without this mark is an element. In other kernels a parameter of such a type is an attribute anyway,
 * and the mark only gives a name or a default.
 */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
public @interface Attribute {

    /**
     * The attribute's name in ONNX; by default the parameter's name, with camel case read as snake case
     * ({@code kernelShape} is {@code kernel_shape}).
     */
    String name() default "";

    /**
     * The value when the operator is used without this attribute, in the grammar of {@link Example} ({@code "0.01"},
     * {@code "1,1"}); by default the attribute is required.
     */
    String byDefault() default "";
}
