"""Who reviews whose work: plans with proven properties, their repair, and the next work for those who ask. No Django here.

People and works are plain integers counted from 0; a pair is (reviewer, work); plans are m × 2 integer arrays. Names come back in
where people read the sentences. What is guaranteed by which construction: `circles`; what is proven of any plan: `certificates`.
"""
