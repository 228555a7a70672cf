package dev.woodpecker.runtime.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Places buffers in one arena so that those that live at the same time do not overlap: the largest first, each at the lowest
 * offset that is free during its life (greedy by size; Pisarchyk and Lee, arXiv 2001.03288).
 */
final class MemoryPlanner {
    /** What the kernels' ABI asks of a buffer's address. */
    static final long ALIGNMENT = 64;

    private MemoryPlanner() {}

    /** A buffer that is written at step {@code first} and read last at step {@code last}. */
    record Request(long bytes, int first, int last) {
        boolean livesWith(Request other) {
            return first <= other.last && other.first <= last;
        }
    }

    /**
     * @param offsets one a request, in their order
     * @param bytes of the arena
     */
    record Placement(List<Long> offsets, long bytes) {
        Placement {
            offsets = List.copyOf(offsets);
        }
    }

    static Placement place(List<Request> requests) {
        List<Integer> largestFirst = new ArrayList<>();
        for (int i = 0; i < requests.size(); i++) {
            largestFirst.add(i);
        }
        largestFirst.sort(
                Comparator.<Integer>comparingLong(i -> -requests.get(i).bytes())
                        .thenComparing(i -> requests.get(i).first()));
        long[] offsets = new long[requests.size()];
        List<Integer> placed = new ArrayList<>();
        long total = 0;
        for (int i : largestFirst) {
            Request request = requests.get(i);
            long offset = 0;
            // Neighbours in the order of their offsets: the first gap that is large enough.
            for (int other : placed) {
                if (requests.get(other).livesWith(request)) {
                    long end = offsets[other] + aligned(requests.get(other).bytes());
                    if (offsets[other] >= offset + aligned(request.bytes())) {
                        break;
                    }
                    offset = Math.max(offset, end);
                }
            }
            offsets[i] = offset;
            int position = 0;
            while (position < placed.size() && offsets[placed.get(position)] <= offset) {
                position++;
            }
            placed.add(position, i);
            total = Math.max(total, Math.addExact(offset, aligned(request.bytes())));
        }
        List<Long> result = new ArrayList<>();
        for (long offset : offsets) {
            result.add(offset);
        }
        return new Placement(result, total);
    }

    private static long aligned(long bytes) {
        return Math.multiplyExact(Math.ceilDiv(bytes, ALIGNMENT), ALIGNMENT);
    }
}
