package dev.woodpecker.runtime.vendor.cuda;

/**
 * {@code d = function(op(a) op(b) + bias + c)} of row-major matrices: {@code op(a)} has m rows and k columns, {@code op(b)} k rows
 * and n columns.
 *
 * @param batch products of matrices that lie one behind another
 * @param transposeA whether {@code a} lies as k rows of m columns
 * @param transposeB whether {@code b} lies as n rows of k columns
 * @param residual whether there is a {@code c}, which lies as {@code d} does
 */
public record MatrixProduct(
        Precision precision,
        long m,
        long n,
        long k,
        int batch,
        boolean transposeA,
        boolean transposeB,
        boolean residual,
        ProductEpilogue epilogue) {
    /** A product without transposition, bias or function. */
    public static MatrixProduct of(Precision precision, long m, long n, long k) {
        return new MatrixProduct(precision, m, n, k, 1, false, false, false, ProductEpilogue.NONE);
    }

    public MatrixProduct {
        if (m < 1 || n < 1 || k < 1 || batch < 1) {
            throw new IllegalArgumentException("no product: " + batch + " times " + m + " x " + n + " x " + k);
        }
    }

    /** Multiplications and additions. */
    public double operations() {
        return 2.0 * batch * m * n * k;
    }
}
