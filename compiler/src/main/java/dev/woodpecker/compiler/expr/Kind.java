package dev.woodpecker.compiler.expr;

/** The type of a {@link TensorExpr} as the Java source has it. */
public enum Kind {
    /** A {@code float} (or {@code double}) element: any float element type. */
    FLOAT("float"),
    /** An {@code int} or {@code long}: an index, a size, or an integer element of any width. */
    INT("int"),
    BOOL("boolean"),
    /** An {@code Index}: a list of ints whose length is known once ranks are. */
    INDEX("Index"),
    /** An {@code int[]} or {@code long[]} attribute or literal. */
    INT_ARRAY("int[]"),
    FLOAT_ARRAY("float[]"),
    FLOAT_TENSOR("Tensor"),
    INT_TENSOR("IntTensor"),
    MASK_TENSOR("MaskTensor"),
    /** A variadic input, {@code Tensor[]}. */
    TENSOR_LIST("Tensor[]"),
    /** Several tensors: the value of a kernel whose Java result is a record. */
    TENSORS("Tensors");

    private final String text;

    Kind(String text) {
        this.text = text;
    }

    /** The name in kernel text. */
    public String text() {
        return text;
    }

    public boolean isTensor() {
        return this == FLOAT_TENSOR || this == INT_TENSOR || this == MASK_TENSOR;
    }

    public boolean isElement() {
        return this == FLOAT || this == INT || this == BOOL;
    }

    /** What a tensor or an array has at one place; an Index has ints. */
    public Kind element() {
        return switch (this) {
            case FLOAT_TENSOR, FLOAT_ARRAY -> FLOAT;
            case INT_TENSOR, INT_ARRAY, INDEX -> INT;
            case MASK_TENSOR -> BOOL;
            case TENSOR_LIST, TENSORS -> FLOAT_TENSOR;
            case FLOAT, INT, BOOL -> throw new IllegalArgumentException("a " + text + " has no elements");
        };
    }

    /** An array of elements of this kind. */
    public Kind array() {
        return switch (this) {
            case FLOAT -> FLOAT_ARRAY;
            case INT -> INT_ARRAY;
            case FLOAT_TENSOR -> TENSOR_LIST;
            case BOOL, INDEX, INT_ARRAY, FLOAT_ARRAY, INT_TENSOR, MASK_TENSOR, TENSOR_LIST, TENSORS ->
                throw new IllegalArgumentException("no array of " + text + " in kernels");
        };
    }

    /** A tensor of elements of this kind. */
    public Kind tensor() {
        return switch (this) {
            case FLOAT -> FLOAT_TENSOR;
            case INT -> INT_TENSOR;
            case BOOL -> MASK_TENSOR;
            case INDEX, INT_ARRAY, FLOAT_ARRAY, FLOAT_TENSOR, INT_TENSOR, MASK_TENSOR, TENSOR_LIST, TENSORS ->
                throw new IllegalArgumentException("no tensor of " + text);
        };
    }

    /** The kind whose {@link #text()} is {@code text}. */
    public static Kind parse(String text) {
        for (Kind kind : values()) {
            if (kind.text.equals(text)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("unknown kind '" + text + "'");
    }
}
