package dev.woodpecker.cli.fuzz;

import java.util.Arrays;
import java.util.SplittableRandom;

/** A file damaged in one to four places. The same seed does the same damage. */
final class ByteMutations {
    private static final int MOST_DAMAGES = 4;
    private static final int LONGEST_RUN = 64;

    private final SplittableRandom random;

    ByteMutations(long seed) {
        this.random = new SplittableRandom(seed);
    }

    byte[] of(byte[] file) {
        byte[] bytes = file.clone();
        int damages = 1 + random.nextInt(MOST_DAMAGES);
        for (int i = 0; i < damages && bytes.length > 0; i++) {
            bytes = damaged(bytes, random.nextInt(bytes.length));
        }
        return bytes;
    }

    private byte[] damaged(byte[] bytes, int at) {
        int run = Math.min(1 + random.nextInt(LONGEST_RUN), bytes.length - at);
        return switch (random.nextInt(7)) {
            case 0 -> Arrays.copyOf(bytes, at);
            case 1 -> {
                bytes[at] ^= (byte) (1 << random.nextInt(8));
                yield bytes;
            }
            case 2 -> {
                bytes[at] = (byte) random.nextInt(256);
                yield bytes;
            }
            case 3 -> {
                for (int i = at; i < at + run; i++) {
                    bytes[i] = (byte) random.nextInt(256);
                }
                yield bytes;
            }
            case 4 -> spliced(bytes, at, new byte[0], at + run);
            case 5 -> spliced(bytes, at, Arrays.copyOfRange(bytes, at, at + run), at);
            // A variable-length number of protocol buffers that is as large as they get.
            default -> spliced(bytes, at, largeNumber(), Math.min(bytes.length, at + random.nextInt(2)));
        };
    }

    private byte[] largeNumber() {
        int length = 2 + random.nextInt(9);
        byte[] number = new byte[length];
        Arrays.fill(number, (byte) 0xFF);
        number[length - 1] = (byte) (random.nextBoolean() ? 1 : 0x7F);
        return number;
    }

    /** {@code bytes} with {@code middle} in the place of what is between {@code at} and {@code end}. */
    private static byte[] spliced(byte[] bytes, int at, byte[] middle, int end) {
        byte[] result = Arrays.copyOf(bytes, at + middle.length + bytes.length - end);
        System.arraycopy(middle, 0, result, at, middle.length);
        System.arraycopy(bytes, end, result, at + middle.length, bytes.length - end);
        return result;
    }
}
