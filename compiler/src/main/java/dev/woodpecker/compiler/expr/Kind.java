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
}
