package dev.woodpecker.dsl;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks an input as optional and gives its neutral element: what every read of it yields when it is absent.
 *
 * {@snippet :
 * public static float clip(float x, @Absent(Float.NEGATIVE_INFINITY) float min, @Absent(Float.POSITIVE_INFINITY) float max) {
 *     return Math.min(Math.max(x, min), max);
 * }
 * }
 *
 * <p>An absent tensor has rank 0, and reads of it may have any number of indices of any value: see
 * {@link Tensor#absent}.
 */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
public @interface Absent {

    /**
     * The neutral element. For integer elements it is cast as Java does, so that infinities become the type's bounds;
     * for {@code boolean} elements any value but 0 means true.
     */
    float value() default 0;
}
