package dev.woodpecker.tuner.measure;

import java.util.Arrays;

/** The elements of a tensor that are known: an open-addressing table from position to bits and error. */
final class ElementMemo {
    private static final long FREE = -1;

    private long[] keys = new long[64];
    private long[] bits = new long[64];
    private double[] errors = new double[64];
    private int size;

    ElementMemo() {
        Arrays.fill(keys, FREE);
    }

    /** The slot that holds {@code position}, or -1. */
    int find(long position) {
        int slot = slot(position);
        return keys[slot] == position ? slot : -1;
    }

    long bits(int slot) {
        return bits[slot];
    }

    double error(int slot) {
        return errors[slot];
    }

    void put(long position, long newBits, double error) {
        if (2 * ++size > keys.length) {
            grow();
        }
        set(position, newBits, error);
    }

    private void set(long position, long newBits, double error) {
        int slot = slot(position);
        keys[slot] = position;
        bits[slot] = newBits;
        errors[slot] = error;
    }

    private int slot(long position) {
        int mask = keys.length - 1;
        int slot = (int) (position * 0x9e3779b97f4a7c15L >>> 40) & mask;
        while (keys[slot] != FREE && keys[slot] != position) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private void grow() {
        long[] oldKeys = keys;
        long[] oldBits = bits;
        double[] oldErrors = errors;
        keys = new long[2 * oldKeys.length];
        bits = new long[keys.length];
        errors = new double[keys.length];
        Arrays.fill(keys, FREE);
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldKeys[i] != FREE) {
                set(oldKeys[i], oldBits[i], oldErrors[i]);
            }
        }
    }
}
