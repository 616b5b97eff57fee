import { Pool } from 'pg'

/** A course. */
export interface Course {
  readonly id: number
  readonly title: string
  readonly lessons: number
}

/** Makes the connection pool; nothing connects yet. */
export function createPool(url: string, onError: (error: Error) => void): Pool {
  const pool = new Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 2_000,
    query_timeout: 10_000,
  })
  // Of connections that wait for nothing; without a listener their end would be the end of the process.
  pool.on('error', onError)
  return pool
}

/** Makes the table if it is not there, with some courses. */
export async function prepareDatabase(pool: Pool): Promise<void> {
  await pool.query(`
    CREATE TABLE IF NOT EXISTS courses (
      id      int PRIMARY KEY,
      title   text NOT NULL,
      lessons int NOT NULL
    );
    INSERT INTO courses VALUES (1, 'Soldering', 12), (2, 'Bookbinding', 8), (3, 'Navigation', 20)
      ON CONFLICT DO NOTHING`)
}

/** All courses. */
export async function listCourses(pool: Pool): Promise<Course[]> {
  const { rows } = await pool.query<Course>('SELECT id, title, lessons FROM courses ORDER BY id')
  return rows
}

/** Courses that have a text in their title. */
export async function searchCourses(pool: Pool, text: string): Promise<Course[]> {
  const { rows } = await pool.query<Course>(
    'SELECT id, title, lessons FROM courses WHERE strpos(lower(title), lower($1)) > 0 ORDER BY id LIMIT 20',
    [text],
  )
  return rows
}

/** Finds a course. */
export async function findCourse(pool: Pool, id: number): Promise<Course | undefined> {
  const { rows } = await pool.query<Course>(
    'SELECT id, title, lessons FROM courses WHERE id = $1',
    [id],
  )
  return rows[0]
}
