package dev.woodpecker.compiler.ir;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Where the elements of a tile lie when the lanes of a warp hold it together in their registers: a bijection (lane, value)
 * to (row, column), where {@code value} counts the elements that one lane holds, in the order of its registers. Each
 * coordinate is a sum of digits of the two numbers, so that it is a table for the interpreter and an index expression for
 * code that goes through a lane's values.
 *
 * @param values elements a lane
 */
public record Distribution(
        String name, int rows, int columns, int lanes, int values, List<Digit> row, List<Digit> column) {
    /** Of which number a digit is. */
    public enum Source {
        LANE,
        VALUE
    }

    /** {@code source / divisor % modulus * weight}; no remainder is taken where {@code modulus} is 0. */
    public record Digit(Source source, int divisor, int modulus, int weight) {
        int of(int lane, int value) {
            int number = (source == Source.LANE ? lane : value) / divisor;
            return (modulus == 0 ? number : number % modulus) * weight;
        }

        Expr of(Expr lane, Expr value) {
            Expr number = IndexMath.div(source == Source.LANE ? lane : value, divisor);
            return IndexMath.mul(modulus == 0 ? number : IndexMath.rem(number, modulus), Expr.index(weight));
        }
    }

    /**
     * Checks that each element of the tile lies in one place.
     *
     * @throws IllegalArgumentException if it does not
     */
    public Distribution {
        row = List.copyOf(row);
        column = List.copyOf(column);
        Set<Integer> positions = new HashSet<>();
        for (int lane = 0; lane < lanes; lane++) {
            for (int value = 0; value < values; value++) {
                int r = sum(row, lane, value);
                int c = sum(column, lane, value);
                if (r < 0 || r >= rows || c < 0 || c >= columns || !positions.add(r * columns + c)) {
                    throw new IllegalArgumentException("distribution " + name + ": value " + value + " of lane " + lane
                            + " lies at [" + r + ", " + c + "], outside the tile or where another one does");
                }
            }
        }
        if (positions.size() != rows * columns) {
            throw new IllegalArgumentException(
                    "distribution " + name + " covers " + positions.size() + " of " + rows * columns + " elements");
        }
    }

    public int rowOf(int lane, int value) {
        return sum(row, lane, value);
    }

    public int columnOf(int lane, int value) {
        return sum(column, lane, value);
    }

    /** The row-major position in the tile. */
    public int positionOf(int lane, int value) {
        return rowOf(lane, value) * columns + columnOf(lane, value);
    }

    /** {@link #positionOf} of each value of each lane, the values of a lane together. */
    public int[] positions() {
        return IntStream.range(0, lanes * values)
                .map(i -> positionOf(i / values, i % values))
                .toArray();
    }

    /** The row of a value as an index expression. */
    public Expr rowOf(Expr lane, Expr value) {
        return sum(row, lane, value);
    }

    /** The column of a value as an index expression. */
    public Expr columnOf(Expr lane, Expr value) {
        return sum(column, lane, value);
    }

    private static int sum(List<Digit> digits, int lane, int value) {
        int sum = 0;
        for (Digit digit : digits) {
            sum += digit.of(lane, value);
        }
        return sum;
    }

    private static Expr sum(List<Digit> digits, Expr lane, Expr value) {
        return digits.stream().map(d -> d.of(lane, value)).reduce(Expr.index(0), IndexMath::add);
    }
}
