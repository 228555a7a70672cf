package dev.woodpecker.compiler.ir;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * How a tensor's logical index maps to memory: physical dimensions, outermost first, each taking
 * {@code index[axis] / divisor % modulus} ({@code modulus} 0: no remainder is taken). An axis whose extent is no multiple
 * of its block is padded up to one; padding holds zeros. {@code NCHW16c} is
 * {@code [0, 1/16, 2, 3, 1%16]}.
 */
public record LayoutMap(int rank, List<Dimension> dimensions) {
    /**
     * One physical dimension.
     *
     * @param padding steps at its end that hold nothing, so that rows of a matrix in shared memory begin in other banks
     * @param twist an axis by whose index, modulo {@link #TWISTED}, its steps change places by an exclusive or: pieces of
     *     16 bytes below one another then lie in different banks, as tensor cores of Hopper read them
     */
    public record Dimension(int axis, long divisor, long modulus, long padding, OptionalInt twist) {
        /** How many steps a twisted dimension has: pieces of 16 bytes in a row of 128. */
        public static final int TWISTED = 8;

        public Dimension(int axis, long divisor, long modulus, long padding) {
            this(axis, divisor, modulus, padding, OptionalInt.empty());
        }

        public Dimension(int axis, long divisor, long modulus) {
            this(axis, divisor, modulus, 0);
        }

        /** The whole axis. */
        public static Dimension whole(int axis) {
            return new Dimension(axis, 1, 0);
        }

        /** Its number of steps where the axis has {@code extent} elements. */
        public long size(long extent) {
            return (modulus > 0 ? modulus : Math.ceilDiv(extent, divisor)) + padding;
        }

        /** As {@link #size(long)}, of an extent that may be known at run time only. */
        public Expr size(Expr extent) {
            Expr steps = modulus > 0 ? Expr.index(modulus) : IndexMath.ceilDiv(extent, divisor);
            return padding == 0 ? steps : IndexMath.add(steps, Expr.index(padding));
        }

        public Dimension padded(long steps) {
            return new Dimension(axis, divisor, modulus, steps, twist);
        }

        /** Its steps change places by the index of another axis. */
        public Dimension twistedBy(int other) {
            return new Dimension(axis, divisor, modulus, padding, OptionalInt.of(other));
        }

        /** The same of a tensor that has another axis before all of its own. */
        public Dimension behindAnother() {
            OptionalInt moved = twist.isPresent() ? OptionalInt.of(twist.getAsInt() + 1) : twist;
            return new Dimension(axis + 1, divisor, modulus, padding, moved);
        }

        /** Which step an index falls on. */
        public long position(long[] index) {
            long quotient = index[axis] / divisor;
            long step = modulus > 0 ? quotient % modulus : quotient;
            return twist.isPresent() ? step ^ index[twist.getAsInt()] % TWISTED : step;
        }
    }

    public LayoutMap {
        dimensions = List.copyOf(dimensions);
    }

    /** Row-major order, the last axis contiguous. */
    public static LayoutMap rowMajor(int rank) {
        return new LayoutMap(
                rank, IntStream.range(0, rank).mapToObj(Dimension::whole).toList());
    }

    /** Row-major with the axes permuted: {@code order[0]} is outermost. */
    public static LayoutMap permuted(int... order) {
        return new LayoutMap(
                order.length, IntStream.of(order).mapToObj(Dimension::whole).toList());
    }

    /** {@code axis} split by {@code block}: the block index stays where the axis was, the position in it becomes innermost. */
    public LayoutMap blocked(int axis, long block) {
        List<Dimension> split = new ArrayList<>();
        for (Dimension d : dimensions) {
            split.add(d.axis == axis && d.modulus == 0 ? new Dimension(axis, d.divisor * block, 0, d.padding) : d);
        }
        split.add(new Dimension(axis, 1, block));
        return new LayoutMap(rank, split);
    }

    /** This layout whose innermost dimension has so many unused steps at its end. */
    public LayoutMap padded(long steps) {
        List<Dimension> changed = new ArrayList<>(dimensions);
        changed.add(changed.removeLast().padded(steps));
        return new LayoutMap(rank, changed);
    }

    /** Whether the last axis is contiguous and the others follow in order; rows may be padded. */
    public boolean hasRowsInOrder() {
        return rank > 0 && padded(0).isRowMajor();
    }

    public boolean isRowMajor() {
        return equals(rowMajor(rank));
    }

    /** The number of elements, padding included, of a tensor of these extents. */
    public long elements(long[] extents) {
        long product = 1;
        for (Dimension d : dimensions) {
            product = Math.multiplyExact(product, d.size(extents[d.axis]));
        }
        return product;
    }

    /** Where the element at a logical index lies in a tensor of these extents. */
    public long offset(long[] index, long[] extents) {
        long offset = 0;
        for (Dimension d : dimensions) {
            offset = offset * d.size(extents[d.axis]) + d.position(index);
        }
        return offset;
    }

    /** The inverse of {@link #offset}, of an offset at which an element lies. */
    public long[] index(long offset, long[] extents) {
        long[] positions = new long[dimensions.size()];
        long rest = offset;
        for (int i = positions.length - 1; i >= 0; i--) {
            long size = dimensions.get(i).size(extents[dimensions.get(i).axis]);
            positions[i] = rest % size;
            rest /= size;
        }
        long[] index = new long[rank];
        for (boolean twisted : new boolean[] {false, true}) {
            for (int i = 0; i < positions.length; i++) {
                Dimension d = dimensions.get(i);
                if (d.twist.isPresent() == twisted) {
                    long step = twisted ? positions[i] ^ index[d.twist.getAsInt()] % Dimension.TWISTED : positions[i];
                    index[d.axis] += step * d.divisor;
                }
            }
        }
        return index;
    }

    public boolean isTwisted() {
        return dimensions.stream().anyMatch(d -> d.twist.isPresent());
    }

    /** What the extents of {@code axis} must be rounded up to so that nothing is padded: the product of its blocks. */
    public long blockOf(int axis) {
        long block = 1;
        for (Dimension d : dimensions) {
            if (d.axis == axis && d.modulus == 0) {
                block = Math.max(block, d.divisor);
            }
        }
        return block;
    }

    /** The text form, for example {@code 0,1/16,2,3,1%16}; {@code 1/4%8} is the middle of two splits, {@code 1+4} is padded, {@code 1/8^0} twisted. */
    public String text() {
        StringBuilder text = new StringBuilder();
        for (Dimension d : dimensions) {
            text.append(text.isEmpty() ? "" : ",").append(d.axis);
            if (d.divisor != 1) {
                text.append('/').append(d.divisor);
            }
            if (d.modulus != 0) {
                text.append('%').append(d.modulus);
            }
            if (d.padding != 0) {
                text.append('+').append(d.padding);
            }
            if (d.twist.isPresent()) {
                text.append('^').append(d.twist.getAsInt());
            }
        }
        return text.toString();
    }

    /** The inverse of {@link #text()}. */
    public static LayoutMap parse(int rank, String text) {
        List<Dimension> dimensions = new ArrayList<>();
        for (String dimension : text.isEmpty() ? new String[0] : text.split(",", -1)) {
            int caret = dimension.indexOf('^');
            String untwisted = caret < 0 ? dimension : dimension.substring(0, caret);
            OptionalInt twist =
                    caret < 0 ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(dimension.substring(caret + 1)));
            int plus = untwisted.indexOf('+');
            String part = plus < 0 ? untwisted : untwisted.substring(0, plus);
            long padding = plus < 0 ? 0 : Long.parseLong(untwisted.substring(plus + 1));
            int percent = part.indexOf('%');
            int slash = part.indexOf('/');
            long modulus = percent < 0 ? 0 : Long.parseLong(part.substring(percent + 1));
            String head = percent < 0 ? part : part.substring(0, percent);
            long divisor = slash < 0 ? 1 : Long.parseLong(head.substring(slash + 1));
            int axis = Integer.parseInt(slash < 0 ? head : head.substring(0, slash));
            boolean twistFits = twist.isEmpty() || twist.getAsInt() >= 0 && twist.getAsInt() < rank;
            if (axis < 0 || axis >= rank || divisor < 1 || modulus < 0 || padding < 0 || !twistFits) {
                throw new IllegalArgumentException("layout '" + text + "' does not fit a tensor of rank " + rank);
            }
            dimensions.add(new Dimension(axis, divisor, modulus, padding, twist));
        }
        return new LayoutMap(rank, dimensions);
    }
}
